/** @throws TypeError for what lacks one of the methods: it would fail with each request */
export function checkBinding(takes: string, binding: unknown, methods: readonly string[]): void {
  const has = (method: string): boolean => typeof (binding as Record<string, unknown>)[method] === 'function'
  if (binding === undefined || binding === null)
    throw unknownBinding(takes, `it got ${binding}: see how the binding is called in the Worker's configuration`)
  if (has('then')) throw unknownBinding(takes, 'it got a promise: await it')
  // A bucket of R2 has these as well, and more.
  if (!methods.every(has) || has('createMultipartUpload')) throw unknownBinding(takes, 'it got something else')
}

function unknownBinding(takes: string, problem: string): TypeError {
  return new TypeError(`fetch-sessions: ${takes}; ${problem}`)
}
