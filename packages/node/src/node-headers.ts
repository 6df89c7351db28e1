import type { OutgoingHttpHeaders } from 'node:http'
import type { HeaderFields } from '@fetch-sessions/core'

/** The part of a response of Node, or of a reply of Fastify, that has its headers. */
export interface OutgoingHeaders {
  getHeader(name: string): OutgoingHttpHeaders[string]
  setHeader(name: string, value: string | readonly string[]): unknown
  removeHeader(name: string): unknown
  getHeaderNames(): string[]
}

/** The headers of a response of Node as core wants them. They are the response's own: nothing is copied. */
export class NodeHeaders implements HeaderFields {
  readonly #outgoing: OutgoingHeaders

  constructor(outgoing: OutgoingHeaders) {
    this.#outgoing = outgoing
  }

  get(name: string): string | null {
    const value = this.#outgoing.getHeader(name)
    if (value === undefined) return null
    return Array.isArray(value) ? value.join(', ') : String(value)
  }

  has(name: string): boolean {
    return this.#outgoing.getHeader(name) !== undefined
  }

  set(name: string, value: string): void {
    this.#outgoing.setHeader(name, value)
  }

  append(name: string, value: string): void {
    if (name.toLowerCase() === 'set-cookie') {
      this.#outgoing.setHeader(name, [...this.getSetCookie(), value])
      return
    }
    const before = this.get(name)
    this.#outgoing.setHeader(name, before === null || before === '' ? value : `${before}, ${value}`)
  }

  delete(name: string): void {
    this.#outgoing.removeHeader(name)
  }

  getSetCookie(): string[] {
    const value = this.#outgoing.getHeader('set-cookie')
    if (value === undefined) return []
    return Array.isArray(value) ? [...value] : [String(value)]
  }

  keys(): ReturnType<HeaderFields['keys']> {
    return this.#outgoing
      .getHeaderNames()
      .map((name) => name.toLowerCase())
      .values() as ReturnType<HeaderFields['keys']>
  }
}
