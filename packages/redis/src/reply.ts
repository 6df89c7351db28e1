/**
 * What a script replied. A text that may be anything travels with a `=` before it: some clients make numbers and objects
 * of texts that look so. Whatever else comes is an error: a client may well hand out the reason of an abort as a reply
 * (Upstash), and taking that for "not there" would sign a visitor out.
 */
export type Reply = unknown

const decoder = new TextDecoder()

/** A text as an argument or a reply: marked, or empty if there is none. */
export function mark(text: string | undefined): string {
  return text === undefined ? '' : `=${text}`
}

/** The text of a marked one, if this is one. */
export function markedText(reply: Reply): string | undefined {
  // A client may be told to give buffers.
  const text = ArrayBuffer.isView(reply) ? decoder.decode(reply) : reply
  return typeof text === 'string' && text.startsWith('=') ? text.slice(1) : undefined
}

/** Marked texts, `undefined` where there was none. */
export function markedTexts(replies: Reply[]): (string | undefined)[] {
  return replies.map((item) => {
    const text = markedText(item)
    if (text === undefined && item !== null && item !== undefined) throw unexpected()
    return text
  })
}

/** One of the numbers that a script may return. Clients can be told to give them as texts. */
export function code<Code extends number>(reply: Reply, ...codes: Code[]): Code {
  const found = codes.find((code) => String(reply) === String(code))
  if (found === undefined) throw unexpected()
  return found
}

export function unexpected(): Error {
  return new Error('The Redis client gave a reply that the script does not return; was the request cut off?')
}
