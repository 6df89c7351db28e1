/** What the store uses of a `KVNamespace`, which fits as it is. */
export interface KeyValueNamespace {
  get(key: string): Promise<string | null>
  get(keys: string[]): Promise<Map<string, string | null>>
  put(key: string, value: string, options: { expirationTtl: number; metadata?: unknown }): Promise<void>
  delete(key: string): Promise<void>
  list(options: { prefix: string; limit: number; cursor?: string }): Promise<KeyValueList>
}

/** One page of keys. `cursor` is there unless the list is complete. */
export interface KeyValueList {
  readonly keys: readonly { readonly name: string; readonly metadata?: unknown }[]
  readonly list_complete: boolean
  readonly cursor?: string
}

/** KV gives no more values than this at once, */
const MAX_VALUES = 100
/** and takes one write of a key per second. In milliseconds. */
const WRITE_PAUSE = 1000
const MAX_ATTEMPTS = 4

/** The values of many sessions by their ids, in as few calls as KV allows. What is not there is left out. */
export async function getMany(
  namespace: KeyValueNamespace,
  ids: readonly string[],
  keyOf: (id: string) => string,
): Promise<Map<string, string>> {
  const chunks: string[][] = []
  for (let i = 0; i < ids.length; i += MAX_VALUES) chunks.push(ids.slice(i, i + MAX_VALUES))
  const answers = await Promise.all(chunks.map((chunk) => namespace.get(chunk.map(keyOf))))
  const texts = new Map(answers.flatMap((answer) => [...answer]))
  return new Map(
    ids.flatMap((id) => {
      const text = texts.get(keyOf(id))
      return typeof text === 'string' ? [[id, text]] : []
    }),
  )
}

/** Whether KV refuses a write because the last one of this key was less than a second before. */
export function isTooSoon(error: unknown): boolean {
  return String((error as Error | undefined)?.message).includes('429')
}

/** Does it again while KV refuses the write because the last one of this key was too soon before. */
export async function whenTaken<T>(change: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await change()
    } catch (error) {
      if (attempt === MAX_ATTEMPTS || !isTooSoon(error)) throw error
    }
    // Not all at the same moment again.
    await new Promise((resolve) => setTimeout(resolve, WRITE_PAUSE * (1 + Math.random())))
  }
}
