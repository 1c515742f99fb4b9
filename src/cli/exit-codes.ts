/** What the program's exit status says; `stackseed --help` and the README list the same. */
export const exitCodes = {
  done: 0,
  /** The input is wrong, or a file or program that is needed is not to be had; of `status`: not all is healthy. */
  findings: 1,
  usage: 2,
  /** Of `plan`, which is documented so: `generate` would change something. */
  changes: 2,
  bug: 70,
  /** 128 + SIGINT, as shells count it. */
  interrupted: 130,
} as const;
