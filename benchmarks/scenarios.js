// What clients do: which path they ask for, and which cookie they bring.

/** `cookie` makes the `Cookie` header of each request from the visitor's own; none: no header. All visitors have been here before, unless `isFresh`. */
export const scenarios = [
  { id: 'untouched', title: 'untouched, no cookie', path: '/plain' },
  { id: 'untouched-cookie', title: 'untouched, with a cookie', path: '/plain', cookie: (own) => own },
  { id: 'read', title: 'read', path: '/read', cookie: (own) => own },
  { id: 'write', title: 'write', path: '/write', cookie: (own) => own },
  { id: 'new', title: 'new session', path: '/write' },
  { id: 'unseen', title: 'read, cookie not seen before', path: '/read', cookie: (own) => own, isFresh: true },
  { id: 'tampered', title: 'forged cookie', path: '/read', cookie: tamper },
  { id: 'malformed', title: 'malformed cookie', path: '/read', cookie: malform },
]

/** The same as `read`, with many visitors. Over HTTP only. */
export const CROWD = { id: 'crowd', title: 'read, many live sessions' }

export function scenario(id) {
  const found = scenarios.find((one) => one.id === id)
  if (found === undefined) throw new Error(`There is no scenario "${id}" in scenarios.js`)
  return found
}

/** The same cookie with one letter of its signature changed: of the right shape, and not made with the secret. */
export function tamper(cookie) {
  // Not the last letter, whose bits do not all count, and not within a %2B.
  let at = cookie.length - 12
  while (!/[A-Za-z]/.test(cookie[at]) || cookie[at - 1] === '%' || cookie[at - 2] === '%') at--
  const letter = cookie[at] === 'A' ? 'B' : 'A'
  return cookie.slice(0, at) + letter + cookie.slice(at + 1)
}

/** A cookie of the right name with something else in it. */
export function malform(cookie) {
  return `${cookie.slice(0, cookie.indexOf('='))}=not-a-session`
}

/** A `Cookie` header with `count` other cookies, half of them before this one. */
export function among(count, cookie) {
  const others = Array.from({ length: count }, (_, i) => `other${i}=${'v'.repeat(20)}${i}`)
  others.splice(count / 2, 0, cookie)
  return others.join('; ')
}
