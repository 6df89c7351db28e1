/** The error for an option that can't work: it names the option and says what to do. */
export function invalidOption(option: string, problem: string): TypeError {
  return new TypeError(`fetch-sessions: ${option} ${problem}`)
}
