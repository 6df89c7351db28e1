import { invalidOption } from '../option-error.js'

/**
 * Sessions and their handles inherit from this. With other libraries, one sets properties; here, they would be stored
 * nowhere. So this throws. `preventExtensions` would not, in a script that is not strict.
 */
export const noProperties: object = new Proxy(
  {},
  {
    set(_target, key) {
      throw invalidOption(key as string, 'is not kept: use write() and set(key, value)')
    },
  },
)
