import { invalidOption } from '../option-error.js'

/**
 * What sessions and their handles inherit from. A property that somebody sets there, as other libraries have it, would be
 * stored nowhere. It is a trap, and not `preventExtensions`, about which a script that is not strict hears nothing.
 */
export const noProperties: object = new Proxy(
  {},
  {
    set(_target, key) {
      throw invalidOption(key as string, 'is not kept: use write() and set(key, value)')
    },
  },
)
