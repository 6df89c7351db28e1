/** How often anything of `crypto.subtle` is called while `act` runs. */
export async function cryptoCalls(act: () => Promise<unknown>): Promise<string[]> {
  const names = ['sign', 'verify', 'digest', 'importKey', 'deriveKey', 'deriveBits', 'encrypt', 'decrypt'] as const
  const calls: string[] = []
  const { subtle } = crypto
  for (const method of names) {
    const original = subtle[method] as (...args: unknown[]) => unknown
    Object.defineProperty(subtle, method, {
      configurable: true,
      value: (...args: unknown[]) => {
        calls.push(method)
        return original.apply(subtle, args)
      },
    })
  }
  try {
    await act()
  } finally {
    // The methods of the prototype show again.
    for (const method of names) delete (subtle as unknown as Record<string, unknown>)[method]
  }
  return calls
}

/** How often random bytes are drawn while `act` runs. */
export async function randomDraws(act: () => Promise<unknown>): Promise<number> {
  let draws = 0
  Object.defineProperty(crypto, 'getRandomValues', {
    configurable: true,
    value: (bytes: Uint8Array<ArrayBuffer>) => {
      draws++
      return Crypto.prototype.getRandomValues.call(crypto, bytes)
    },
  })
  try {
    await act()
  } finally {
    delete (crypto as unknown as Record<string, unknown>).getRandomValues
  }
  return draws
}
