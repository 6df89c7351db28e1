import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerResponse } from 'node:http2'
import { forgetBody } from '@fetch-sessions/core'
import { NodeHeaders } from './node-headers.js'

/** A response of `node:http`, of `node:https`, or of `node:http2`. */
export type NodeResponse = ServerResponse | Http2ServerResponse

/** The same as far as it is held back and sent here. Node's two kinds have one behaviour and types that differ. */
export interface HoldableResponse {
  statusCode: number
  statusMessage?: string | undefined
  readonly req?: Pick<IncomingMessage, 'socket'> | undefined
  readonly socket?: { readonly prependListener?: unknown } | null
  readonly headersSent: boolean
  readonly destroyed?: boolean
  readonly writableEnded: boolean
  readonly writableLength?: number
  readonly writableNeedDrain?: boolean
  readonly writableHighWaterMark?: number
  getHeader(name: string): number | string | string[] | undefined
  getHeaderNames(): string[]
  setHeader(name: string, value: number | string | readonly string[]): unknown
  removeHeader(name: string): unknown
  writeHead(status: number, ...rest: unknown[]): unknown
  write(chunk: unknown, encoding?: unknown, callback?: unknown): boolean
  end(chunk?: unknown, encoding?: unknown, callback?: unknown): unknown
  flushHeaders(): void
  /** Of middleware such as compression. */
  flush?: (() => void) | undefined
  addTrailers?(trailers: object): void
  destroy(error?: Error): unknown
  on(event: string, listener: (...args: never[]) => void): unknown
  once(event: string, listener: (...args: never[]) => void): unknown
  emit(event: string): boolean
}

export function holdable(response: NodeResponse): HoldableResponse {
  return response as unknown as HoldableResponse
}

/** HTTP/2 has no words for a status, and Node warns of them. */
function hasStatusMessage(response: HoldableResponse): boolean {
  return !('stream' in response)
}

/** Makes a response that could not be sent ready for that of an error. Cookies and the headers of middleware stay. */
export function startAnew(response: HoldableResponse): void {
  forgetBody(new NodeHeaders(response))
  response.addTrailers?.({})
  response.statusCode = 500
  if (hasStatusMessage(response)) response.statusMessage = undefined
}

/** The answer to what went wrong, which says nothing of it. */
export function respondWithoutDetails(response: HoldableResponse): void {
  if (response.headersSent) {
    // One that is whole needs no other answer.
    if (!response.writableEnded) response.destroy()
    return
  }
  startAnew(response)
  response.setHeader('Content-Type', 'text/plain; charset=utf-8')
  response.end('Internal Server Error')
}
