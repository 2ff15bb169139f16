/**
 * Reads handwriting: trains a small network on the digits that come with scikit-learn, shows how well it
 * does, and draws where it errs. The same file runs on Deno and on Bun.
 *
 * All of the work is Python's own libraries, driven from TypeScript; the progress bar and the table are
 * npm's, driven from Python's training loop.
 * @module
 */
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import progress from "cli-progress";
import Table from "cli-table3";
import { kw, PythonError, startPython } from "pyduet";

const PICTURE = fileURLToPath(new URL("out/digits.png", import.meta.url));
const EPOCHS = 40;
const SEED = 7;

// A loop that belongs in Python: one crossing for each epoch instead of one for each batch.
const TRAIN = `
import numpy as np

def train(model, images, labels, epochs, on_epoch, batch=64):
    """Shows the model every image once in each epoch, and calls on_epoch after it."""
    random = np.random.default_rng(${SEED})
    for epoch in range(1, epochs + 1):
        order = random.permutation(len(images))
        for start in range(0, len(order), batch):
            chosen = order[start : start + batch]
            model.partial_fit(images[chosen], labels[chosen], classes=np.arange(10))
        on_epoch(epoch, model.loss_)

train
`;

using py = startPython();
console.log(`Python ${py.version.join(".")} from ${py.info.library}\n`);

// Every Python object made in here is given back at its end; the plain numbers stay.
const accuracy = py.scope(() => {
  const np = py.import("numpy");
  const metrics = py.import("sklearn.metrics");

  const digits = py.import("sklearn.datasets").load_digits();
  const images = np.divide(digits.data, 16);
  const [trainImages, testImages, trainLabels, testLabels] = py.import("sklearn.model_selection")
    .train_test_split(
      images,
      digits.target,
      kw({ test_size: 0.3, random_state: SEED, stratify: digits.target }),
    );
  console.log(`${trainImages.length} images to learn from, ${testImages.length} to be asked about`);

  const { MLPClassifier } = py.import("sklearn.neural_network");
  const model = new MLPClassifier(kw({ hidden_layer_sizes: [32], random_state: SEED }));
  const bar = new progress.SingleBar({
    format: "training {bar} epoch {value}/{total}, loss {loss}",
    noTTYOutput: true,
    hideCursor: true,
  }, progress.Presets.shades_classic);
  bar.start(EPOCHS, 0, { loss: "-" });
  const train = py.run(TRAIN);
  train(model, trainImages, trainLabels, EPOCHS, (epoch: number, loss: number) => {
    bar.update(epoch, { loss: loss.toFixed(4) });
  });
  bar.stop();

  const answers = model.predict(testImages);
  const [precision, recall, f1, count]: Float64Array[] = metrics
    .precision_recall_fscore_support(testLabels, answers).$.toJs();
  const table = new Table({
    head: ["digit", "precision", "recall", "F1", "images"],
    style: { head: [], border: [] },
  });
  for (let digit = 0; digit < 10; digit++) {
    const shares = [precision, recall, f1].map((column) => column![digit]!.toFixed(3));
    table.push([digit, ...shares, Number(count![digit])]);
  }
  console.log(`\n${table.toString()}`);

  py.import("matplotlib").use("Agg");
  const plt = py.import("matplotlib.pyplot");
  const [figure, axes] = plt.subplots(kw({ figsize: [6, 5.4], layout: "constrained" }));
  metrics.ConfusionMatrixDisplay.from_predictions(
    testLabels,
    answers,
    kw({ ax: axes, cmap: "Blues", colorbar: false }),
  );
  axes.set_title("What was written, and what was read");
  mkdirSync(dirname(PICTURE), { recursive: true });
  figure.savefig(PICTURE, kw({ dpi: 120 }));
  plt.close(figure);

  // A Python error is a TypeScript error, with Python's own traceback.
  try {
    model.predict([[1, 2, 3]]);
  } catch (error) {
    if (!(error instanceof PythonError)) throw error;
    console.log(`\nAn image of three points is refused:\n\n${error.traceback}`);
  }

  return Number(np.mean(np.equal(answers, testLabels)));
});

console.log(`${(accuracy * 100).toFixed(1)} % of the images were read rightly`);
