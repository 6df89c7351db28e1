/** The cookie with another last letter of its signature, which stands for other bits. */
export const forgedOf = (cookie: string): string => cookie.replace(/.$/, (last) => (last === 'A' ? 'E' : 'A'))
