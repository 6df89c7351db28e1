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

/** The `Max-Age` of a `Set-Cookie` line. */
export function maxAgeOf(line: string | undefined): number | undefined {
  const age = line?.match(/; Max-Age=([^;]*)/)?.[1]
  return age === undefined ? undefined : Number(age)
}
