/** One rendered file. `mode` is four octal digits. */
export interface TreeFile {
  content: string | Buffer;
  mode: string;
}

/** Rendered files by relative path; iteration is in sorted order of the paths. */
export type Tree = Map<string, TreeFile>;
