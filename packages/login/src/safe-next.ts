/** An origin that is nobody's (RFC 6761 section 6.4). */
const NOWHERE = 'https://this-site.invalid'

/** How often what is encoded may be encoded again until it counts as an attempt to hide something. */
const MAX_LAYERS = 8

/**
 * A path of this site, with its query and fragment, or the fallback: where to go after a sign-in, from a value that
 * anybody may have put into the link (CWE-601, "open redirect"; OWASP ASVS 5, 3.7.2).
 *
 * What it returns is as the URL parser of a browser writes it, in ASCII, so that it can be a `Location` as it is. What
 * names another host is the fallback, and so is what would name one in a parser less strict, or after it was decoded
 * once more: two slashes at the start, backslashes, controls, and each of them encoded.
 */
export function safeNext(value: unknown, fallback: string = '/'): string {
  if (typeof value !== 'string') return fallback
  const url = pathOfThisSite(value)
  return url !== undefined && staysHere(url.pathname) ? `${url.pathname}${url.search}${url.hash}` : fallback
}

function pathOfThisSite(value: string): URL | undefined {
  if (!isPlainPath(value) || !URL.canParse(value, NOWHERE)) return undefined
  const url = new URL(value, NOWHERE)
  // Dots may have led to two slashes at the start.
  return url.origin === NOWHERE && isPlainPath(url.pathname) ? url : undefined
}

/** Begins with one slash, and holds nothing that a parser takes for a slash or leaves out. */
function isPlainPath(value: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: browsers leave them out, so that "/\t/host" is "//host"
  return /^\/(?!\/)[^\\\u0000-\u001f\u007f-\u009f]*$/.test(value)
}

/** Whether it is a path of this site however often somebody decodes it. */
function staysHere(pathname: string): boolean {
  let path = pathname
  for (let layer = 0; layer < MAX_LAYERS; layer++) {
    let decoded: string
    try {
      decoded = decodeURIComponent(path)
    } catch {
      return false
    }
    if (decoded === path) return true
    if (pathOfThisSite(decoded) === undefined) return false
    path = decoded
  }
  return false
}
