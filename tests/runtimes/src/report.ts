/** What became of one test in one runtime. */
export interface Outcome {
  /** Its file, its suites and its own name. */
  readonly name: string
  /** As Vitest has it, and `except` if it failed as one of the exceptions has to. */
  readonly state: string
  readonly problem?: string | undefined
}
