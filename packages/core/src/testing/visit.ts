/** A request with this `Cookie` header. */
export function visit(cookie = ''): Request {
  return new Request('https://example.com/', { headers: { cookie } })
}
