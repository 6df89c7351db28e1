/** The handle as another copy of this package would have made it: it does the same, and is of no class of this one. */
export function ofAnotherCopy<Handle extends object>(handle: Handle): Handle {
  return new Proxy({} as Handle, {
    get(_target, key) {
      const value: unknown = Reflect.get(handle, key)
      return typeof value === 'function' ? value.bind(handle) : value
    },
  })
}
