import type { Fault } from '../plant.js'
import type { StoreName } from './stores.js'

export interface PlantedInStore extends Fault {
  readonly name: string
  readonly store: StoreName
  /** The scenario in which it is found. */
  readonly scenario: string
  /** How many commands may fail, or processes die, meanwhile. Default none. */
  readonly failures?: number
}

/** Faults that somebody could make in a store. */
export const plantedInStores: readonly PlantedInStore[] = [
  {
    name: 'a new session that is not entered in the index',
    store: 'Redis',
    file: 'redis-store.ts',
    right: '      await this.#index.enter(owner, id, until)\n    } catch (error) {',
    wrong: '    } catch (error) {',
    scenario: 'a list beside a new session',
  },
  {
    name: 'a touch that outlives the entry in the index',
    store: 'Redis',
    file: 'scripts.ts',
    right: "if isOutgrown and owner ~= indexedOwner then return nothing(2, owner, '=' .. (stored[2] or 0)) end\n",
    wrong: '',
    scenario: 'a list beside a use for long',
    failures: 1,
  },
  {
    name: 'an owner whose index need not know of the session first',
    store: 'Redis',
    file: 'scripts.ts',
    right: "if owner ~= '' and indexedUntil == '' then",
    wrong: 'if false then',
    scenario: 'an owner comes, beside a list',
    failures: 1,
  },
  {
    name: 'an entry that is removed, although its session has come back',
    store: 'Redis',
    file: 'scripts.ts',
    right: 'if known and tonumber(known) <= tonumber(ARGV[3]) then',
    wrong: 'if known then',
    scenario: 'an owner goes, and comes back in another process',
  },
  {
    name: 'a sign-out everywhere that looks once',
    store: 'Redis',
    file: 'redis-store.ts',
    right: ';[ids] = await Promise.all([unseen(), this.#index.remove(owner, gone)])',
    wrong: 'await this.#index.remove(owner, gone)\n      ids = []',
    scenario: 'a new id beside a sign-out everywhere',
  },
  {
    name: 'an entry that is written before its alarm is asked for',
    store: 'Durable Objects',
    file: 'session-object.ts',
    right: '    const hasAlarm =',
    wrong: '    kv.put(ENTRY + id, { version, until: Date.now() + lifetime, since: Date.now() })\n    const hasAlarm =',
    scenario: 'two creations of one id',
    failures: 1,
  },
  {
    name: 'a session that is written before its entry',
    store: 'Durable Objects',
    file: 'durable-object-store.ts',
    right: 'const indexed = owner === undefined ? undefined : await this.#index(id, { owner, version }, lifetime)',
    wrong:
      "const indexed = { owner: owner ?? '', lifetime: lifetime * 10 }\n    await this.#ask(id, (session) => session.create(id, record, lifetime, indexed))\n    if (owner !== undefined) await this.#index(id, { owner, version }, lifetime)",
    scenario: 'a list beside a new session',
    failures: 1,
  },
  {
    name: 'an entry that is removed, although its session has come back',
    store: 'Durable Objects',
    file: 'session-object.ts',
    right: '({ version }) => version < beforeVersion',
    wrong: '() => true',
    scenario: 'an owner goes, and comes back in another process',
  },
  {
    name: 'an entry that is removed while its session is on its way',
    store: 'Durable Objects',
    file: 'session-object.ts',
    right: '({ since }) => since + ON_ITS_WAY < now',
    wrong: '() => true',
    scenario: 'a sign-out everywhere beside a new session',
  },
  {
    name: 'a change that does not look at what it read',
    store: 'Deno KV',
    file: 'deno-kv-store.ts',
    right: '      operation.check({ key: this.#keyOf(id), versionstamp })\n',
    wrong: '',
    scenario: 'a sign-out beside a use',
  },
  {
    name: 'a deletion that leaves the entry in the index',
    store: 'Deno KV',
    file: 'deno-kv-store.ts',
    right: '      this.#deleteFromIndex(operation, id, stored.owner)\n      return true',
    wrong: '      return true',
    scenario: 'a sign-out beside a use',
  },
  {
    name: 'a sign-out everywhere that looks once',
    store: 'Deno KV',
    file: 'deno-kv-store.ts',
    right: 'if (unseen.length === 0) return count',
    wrong: 'if (unseen.length === 0 || look > 0) return count',
    scenario: 'a new id beside a sign-out everywhere',
  },
  {
    name: 'a sign-out without a note',
    store: 'Workers KV',
    file: 'kv-store.ts',
    right: '    await whenTaken(() => this.#noteEnd(id, undefined))\n',
    wrong: '',
    scenario: 'a sign-out beside a change',
  },
  {
    name: 'a use that writes the record',
    store: 'Workers KV',
    file: 'kv-store.ts',
    right: '      else if (expiresAt <= known.keepUntil) await this.#noteUse(id, record, known.keepUntil)\n',
    wrong: '',
    scenario: 'a change beside a use',
  },
  {
    name: 'an old id that is over only in its record',
    store: 'Workers KV',
    file: 'kv-store.ts',
    right: '    if (isEnd(record)) return this.#supersede(id, record)\n',
    wrong: '',
    scenario: 'a new id beside a change',
  },
]

/** What the explorer has found in a store, and what is mended since. */
export const storeRunsThatBroke: readonly {
  readonly what: string
  readonly store: StoreName
  readonly scenario: string
  readonly text: string
  /** The planted fault that makes it break again. */
  readonly fault: string
}[] = [
  {
    what: 'an owner’s object that died before it had set its alarm kept an entry for ever',
    store: 'Durable Objects',
    scenario: 'two creations of one id',
    text: 'AAB~',
    fault: 'an entry that is written before its alarm is asked for',
  },
]
