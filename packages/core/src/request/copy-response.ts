/**
 * A new response around the same body, whose headers can be changed. For packages beside core.
 *
 * On Bun, a text is text only as long as nobody asks for its body as a stream: then it goes out as
 * `application/octet-stream`, and browsers download it. Its clone stays one. The clone of a stream would be no copy that
 * costs nothing: what is read of one is kept for the other.
 * @throws TypeError or RangeError for what can't be wrapped: a body that was used, `Response.error()`
 */
export function copyResponse(response: Response): Response {
  const { headers } = response
  const { Bun } = globalThis as { Bun?: BunTools }
  if (Bun && !headers.has('Content-Type') && isBlobOnBun(response)) {
    // On the handler's own as well: it may be a constant, and has forgotten what it is.
    if (isForgottenText(response.clone(), Bun)) headers.set('Content-Type', 'text/plain;charset=utf-8')
    return response.clone()
  }
  const kept = keptBody(response)
  return kept === undefined
    ? asDecoded(new Response(response.body, response), response)
    : new Response(kept, {
        status: response.status,
        headers: new Headers(response.headers),
        // To read it makes such a response a slow one, and the server does not send it.
        get statusText() {
          return response.statusText
        },
      })
}

/**
 * For adapters: this response goes nowhere, since its session could not be stored. What its body reads from is let go of, such
 * as a file or another server's answer. One of a text may be a constant that serves others, and reads from nothing.
 */
export async function discard(response: Response): Promise<void> {
  try {
    if (keptBody(response) === undefined && !isBlobOnBun(response))
      await response.body?.cancel(new Error('fetch-sessions: another response is sent'))
  } catch {
    // Somebody reads it, or did.
  }
}

/** Whether Bun still knows that the body is a text or bytes. */
function isBlobOnBun(response: Response): boolean {
  const { Bun } = globalThis as { Bun?: BunTools }
  return Bun !== undefined && / Blob \(.*\)\n}$/.test(Bun.inspect(response))
}

/**
 * What Deno's `fetch` has decoded still says how it was encoded. Its server knows that of the response itself, and of no
 * copy.
 */
function asDecoded(copy: Response, original: Response): Response {
  const { headers } = copy
  if ('Deno' in globalThis && /^(gzip|br)$/i.test(`${headers.get('Content-Encoding')}`) && original.url !== '') {
    headers.delete('Content-Encoding')
    headers.delete('Content-Length')
  }
  return copy
}

interface BunTools {
  inspect(value: unknown): string
  /** What a promise is settled with, if it is settled, at once. */
  peek(promise: Promise<unknown>): unknown
}

/**
 * Whether this was a text before it was cloned: Bun forgets that of one with a letter beyond ASCII. Nothing tells it from
 * bytes any more, but that those are hardly ever UTF-8.
 */
function isForgottenText(clone: Response, Bun: BunTools): boolean {
  try {
    const body = Bun.peek(clone.arrayBuffer()) as ArrayBuffer
    return new TextDecoder('utf-8', { fatal: true }).decode(body).length < body.byteLength
  } catch {
    return false
  }
}

/**
 * Hono's server on Node has a `Response` of its own, which keeps what it was made of until somebody asks for its body,
 * and sends just that. As a stream, the same text would take several times as long (`benchmarks`, a new session over HTTP).
 */
function keptBody(response: Response): string | null | undefined {
  for (const key of Object.getOwnPropertySymbols(response)) {
    const kept: unknown = key.description === 'cache' && (response as never)[key]
    if (!Array.isArray(kept) || kept[0] !== response.status) continue
    const [, body] = kept
    if (body === null || typeof body === 'string') return body
  }
  return undefined
}
