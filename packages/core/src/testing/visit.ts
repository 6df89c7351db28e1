/** A request with this `Cookie` header. */
export function visit(cookie = ''): Request {
  return new Request('https://example.com/', { headers: { cookie } })
}

/** The lines by which a response sets or removes the session cookie. */
export function sessionCookies(response: Response, name = '__Host-sid'): string[] {
  return response.headers.getSetCookie().filter((line) => line.startsWith(`${name}=`))
}

/** What a browser sends next if it had `before`, and has got this response: `name=value`, or nothing. */
export function cookieAfter(response: Response, before = '', name = '__Host-sid'): string {
  const line = sessionCookies(response, name).at(-1)
  if (line === undefined) return before
  return /; Max-Age=0(;|$)/.test(line) ? '' : (line.split(';')[0] as string)
}

/** Something that a test opens when it wants others to go on. */
export interface Gate {
  /** Resolves when the gate is opened. */
  readonly opened: Promise<void>
  open(): void
}

export function gate(): Gate {
  let open: () => void = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open }
}
