/** A secret that is long enough. */
export const secret = 'thirty-two bytes of secret, at least'
