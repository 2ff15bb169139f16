/**
 * Artifacts: what the store holds and says of them.
 * @module
 */
import { PortError } from "../error.ts";

/** What is told of content when it is stored. */
export interface ArtifactDescription {
  /** `"text/plain"`. Default: `"application/octet-stream"`. */
  readonly contentType?: string;
  /** Who made it. */
  readonly createdBy?: string;
  /** Words by which it is found. */
  readonly tags?: readonly string[];
  /** Anything else, as plain data. */
  readonly custom?: Readonly<Record<string, unknown>>;
  /** The artifacts of which it was made. */
  readonly parents?: readonly string[];
}

/** What is known of an artifact. */
export interface ArtifactMetadata {
  /** The SHA-256 of its bytes, in 64 hexadecimal digits. */
  readonly id: string;
  /** `"text/plain"` */
  readonly contentType: string;
  /** Bytes. */
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** Who made it. */
  readonly createdBy?: string;
  /** Words by which it is found. */
  readonly tags: readonly string[];
  /** Anything else. */
  readonly custom: Readonly<Record<string, unknown>>;
  /** `"hot"`, or `"cold"` once it is archived. */
  readonly tier: "hot" | "cold";
  /** How often it was stored and not released. */
  readonly references: number;
  /** How often it was retrieved. */
  readonly accesses: number;
  /** When it was retrieved last; when it was made, if never. Milliseconds since 1970. */
  readonly lastAccess: number;
  /** What users say of it, 0 to 1; the mean where there are several. */
  readonly rating?: number;
}

/** What storing each content once has saved. */
export interface DedupStats {
  /** Different contents. */
  readonly artifacts: number;
  /** How often they were stored. */
  readonly references: number;
  /** Bytes on the disk, before encryption. */
  readonly storedBytes: number;
  /** Bytes that would be there without it. */
  readonly logicalBytes: number;
  /** The share that was saved: 0 to 1. */
  readonly savedShare: number;
}

/** An operation of the store that failed; the message names the artifact. */
export class ArtifactError extends PortError {
  /** The class's name, as printed. */
  override name = "ArtifactError";
  /** The artifact, where it is about one. */
  readonly artifact: string | undefined;

  /** Takes the operation, the artifact and the reason. */
  constructor(
    operation: string,
    artifact: string | undefined,
    reason: string,
    options?: { cause?: unknown },
  ) {
    const about = artifact === undefined ? "" : `artifact ${artifact}: `;
    super("PitOperationFailed", operation, `${about}${reason}`, options);
    this.artifact = artifact;
  }
}

/** Throws where a value cannot be an artifact's id. */
export function checkId(operation: string, id: string): void {
  if (typeof id === "string" && /^[0-9a-f]{64}$/.test(id)) return;
  throw new ArtifactError(
    operation,
    undefined,
    `an artifact's id has 64 hexadecimal digits in lower case, not ${JSON.stringify(id)}`,
  );
}
