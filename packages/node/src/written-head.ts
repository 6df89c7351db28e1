import type { HoldableResponse } from './node-response.js'

/** What `writeHead` was given besides headers. */
export interface WrittenHead {
  readonly status: number
  readonly message: string | undefined
  /** The names of its headers. */
  readonly names: readonly string[]
}

/**
 * Puts what `writeHead` was given on the response, in each of its forms: with or without a message; headers as an object,
 * as names and values in turn, or as pairs. `undefined`, and nothing done, for a status or message that Node refuses.
 */
export function applyHead(response: HoldableResponse, args: readonly unknown[]): WrittenHead | undefined {
  const [given, second, third] = args
  // HTTP/2 makes that of what is no number.
  const status = Number(given) | 0 || ('stream' in response ? 200 : 0)
  const message = typeof second === 'string' ? second : undefined
  if (status < 100 || status > 999 || (message !== undefined && !isMessage(message))) return undefined
  const headers = third ?? (message === undefined ? second : undefined)
  const names = setHeaders(response, headers)
  response.statusCode = status
  return { status, message, names }
}

function setHeaders(response: HoldableResponse, headers: unknown): string[] {
  if (Array.isArray(headers)) return setFields(response, fieldsOf(headers))
  if (typeof headers !== 'object' || headers === null) return []
  const entries = Object.entries(headers).filter(([name]) => name !== '')
  for (const [name, value] of entries) response.setHeader(name, value)
  return entries.map(([name]) => name)
}

/** Node throws for words that it can't send, and is left to do so. */
function isMessage(message: string): boolean {
  return /^[\t\x20-\x7e\x80-\xff]*$/.test(message)
}

function fieldsOf(headers: readonly unknown[]): (readonly [name: unknown, value: unknown])[] {
  if (Array.isArray(headers[0])) return headers as [unknown, unknown][]
  if (headers.length % 2 !== 0) {
    const problem = new TypeError('The argument "headers" is invalid: it needs a value for each name')
    throw Object.assign(problem, { code: 'ERR_INVALID_ARG_VALUE' })
  }
  return headers.flatMap((name, i) => (i % 2 === 0 ? [[name, headers[i + 1]] as const] : []))
}

/** In a list, a name may come more than once. It takes the place of what was set before. */
function setFields(response: HoldableResponse, fields: readonly (readonly [unknown, unknown])[]): string[] {
  const values = new Map<string, { readonly name: string; readonly values: string[] }>()
  for (const [name, value] of fields) {
    if (name === '' || name === undefined) continue
    const field = { name: String(name), values: [] as string[] }
    const known = values.get(field.name.toLowerCase()) ?? field
    known.values.push(...(Array.isArray(value) ? value : [value as string]))
    values.set(field.name.toLowerCase(), known)
  }
  for (const { name, values: all } of values.values()) {
    response.removeHeader(name)
    response.setHeader(name, all.length === 1 ? (all[0] as string) : all)
  }
  return [...values.keys()]
}
