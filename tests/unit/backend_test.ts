import { backend } from "../../src/ffi/select.ts";
import { py } from "../fixtures/python.ts";
import { testBackend } from "./backend_contract.ts";

testBackend(backend, py.info.library, (use) => {
  py.run("None"); // from here to the end of this turn the thread holds the GIL
  use();
});
