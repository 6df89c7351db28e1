const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/**
 * What a lenient decoder of base64 may take for the same `Cookie` header: other spare bits at the end of each part, more
 * padding, the other alphabet, white space, and percent-encoding.
 */
export function respellings(header: string): string[] {
  const ends = [...header.matchAll(/[\w+/-]{16,}/g)].map(({ index, 0: part }) => index + part.length)
  const others = ends.flatMap((end) => [
    ...spareBits(header.charAt(end - 1)).map((letter) => splice(header, end - 1, end, letter)),
    ...['=', '==', '%3D', '%20', '%0A', '~', '.'].map((more) => splice(header, end, end, more)),
    splice(header, end - 1, end - 1, '%20'),
    splice(header, end - 1, end, `%${header.charCodeAt(end - 1).toString(16)}`),
  ])
  const alphabets = [
    header.replace(/-/g, '+').replace(/_/g, '/'),
    header.replace(/-/g, '%2B').replace(/_/g, '%2F'),
    header.replace(/\+|%2B/g, '-').replace(/\/|%2F/g, '_'),
  ]
  return [...new Set([...others, ...alphabets])].filter((other) => other !== header)
}

/** The other letters that may stand for the same bits, and those for two bytes where there is one. */
function spareBits(letter: string): string[] {
  const index = LETTERS.indexOf(letter.replace('+', '-').replace('/', '_'))
  return Array.from({ length: 15 }, (_, bits) => LETTERS.charAt(index ^ (bits + 1)))
}

function splice(text: string, start: number, end: number, between: string): string {
  return text.slice(0, start) + between + text.slice(end)
}
