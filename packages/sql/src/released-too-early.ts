/** What to say of a connection that somebody has given back to its pool in the middle of a transaction. */
export function releasedTooEarly(): Error {
  return new Error(
    'fetch-sessions: somebody gave a connection back to the pool while a transaction was open in it. What the store wrote there would have been lost later, so all of it was rolled back, and nothing was stored: commit or roll back before release(), also where an error is thrown',
  )
}
