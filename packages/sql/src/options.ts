/** @throws TypeError for what can hold no options, and for an option that does not exist: it would be silently ignored */
export function checkOptions(store: string, options: object, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new TypeError(`fetch-sessions: ${store}: options must be an object: there are ${known.join(', ')}`)
  }
  const unknown = Object.keys(options).find((name) => !known.includes(name))
  if (unknown !== undefined) {
    throw new TypeError(`fetch-sessions: ${store}: ${unknown} is no option: there are ${known.join(', ')}`)
  }
}
