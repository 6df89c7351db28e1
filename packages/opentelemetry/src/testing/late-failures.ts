/** An async function that fails. */
export async function failLater(): Promise<never> {
  throw new Error('the collector is down')
}

/** The same with a promise of another realm, which is no `Promise` of this one. */
export function failElsewhere(): unknown {
  const then = (_: unknown, reject: (error: Error) => void): void => reject(new Error('the collector is down'))
  return { then }
}

/** When all promises that are settled have been told. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve))
}
