import { type CheckGroup, check } from './check.js'
import { expectSame, expectStored } from './expectation.js'
import { newId, newOwner, newRecord, nextOf } from './sample.js'

const DAY = 86_400_000

/** What stores like to lose: scripts, astral characters, quotes, what escapes, statements, templates, line ends. */
const ODD_TEXTS = [
  'Ünïcødé, Ελληνικά, עברית, 日本語, e\u0301 and \u00e9, 👩‍👩‍👧 and \u{1F9FF}',
  `'single' "double" \`back\` \\ \\\\ \\' \\" \\n`,
  JSON.stringify({ nul: '\u0000', control: '\u001f', separator: '\u2028', lone: '\ud800' }),
  "'); DROP TABLE sessions; -- $1 ? :name @p %s {0}",
  ' blanks at both ends \t',
  'line\nline\r\nline\n',
  '<a href="?a=1&b=2#c">%41%zz+</a>',
  'zero\u200b width\u200c and\u200d joined\u2060, soft\u00ad hyphen, \u202eturned\u202c',
  '\ufeffbegins with a byte order mark and ends with one\ufeff',
  'NUL \0 in the middle, and at the end \0',
  '\0',
  'controls \u0001\u0008\u001b\u001f\u007f\u0085, separators \u2028\u2029, none \ufffe\uffff\ufffd',
  '\ufb01 \u212b \u1e9b\u0323 is not fi \u00c5 \u1e61\u0323, nor is \uac00 \u1100\u1161',
]

/** Halves of surrogate pairs alone, which UTF-8 does not have. Owners hold none, since core refuses them. */
const ILL_FORMED_TEXTS = ['\ud800', 'a\udc00b', '\udc00\ud800', '\ud83d', '{"half":"\ud83e"}', '\ufffd\ud800']

/** Texts that clients and drivers like to turn into something else. */
const TEMPTING_TEXTS = [
  '0',
  '007',
  '1e3',
  '123456789012345678901',
  'true',
  'null',
  'undefined',
  'NaN',
  '{}',
  '[]',
  '""',
]

export const textChecks: CheckGroup = {
  name: 'texts, ids and times',
  checks: [
    check('an empty text stays an empty text, which is not a missing one', async ({ store, now }) => {
      const id = newId()
      const record = newRecord(now(), { data: '', meta: '' })
      await store.create(id, record)
      await expectStored(store, id, record)
      const updated = nextOf(record)
      await store.update(id, updated)
      await expectStored(store, id, updated, 'after an update')
    }),

    check('texts of any script, quotes, escapes and line ends come back unchanged', async ({ store, now }) => {
      for (const text of ODD_TEXTS) {
        const id = newId()
        const record = newRecord(now(), { data: text, owner: text, meta: text })
        await store.create(id, record)
        await expectStored(store, id, record)
        const updated = nextOf(record, { data: `${text}${text}` })
        await store.update(id, updated)
        await expectStored(store, id, updated, 'after an update')
      }
    }),

    check(
      'data and meta with halves of surrogate pairs come back unchanged, or are refused',
      async ({ store, now }) => {
        for (const text of ILL_FORMED_TEXTS) {
          const id = newId()
          const record = newRecord(now(), { data: text, meta: text })
          if (await isRefused(() => store.create(id, record))) {
            await expectStored(store, id, undefined, 'after a create that was refused')
            continue
          }
          await expectStored(store, id, record)
          const updated = nextOf(record, { data: `${text}${text}` })
          await store.update(id, updated)
          await expectStored(store, id, updated, 'after an update')
        }
      },
    ),

    check('a text that looks like a number or like JSON stays that text', async ({ store, now }) => {
      for (const text of TEMPTING_TEXTS) {
        const id = newId()
        const record = newRecord(now(), { data: text, owner: text, meta: text })
        await store.create(id, record)
        await expectStored(store, id, record)
      }
    }),

    check('data of the greatest length the store promises comes back whole', async ({ store, now, maxDataBytes }) => {
      const id = newId()
      const data = textOfBytes(maxDataBytes, 'é€"\\\n')
      const record = newRecord(now(), { data })
      expectSame('create', await store.create(id, record), true)
      await expectStored(store, id, record)
      const updated = nextOf(record, { data: textOfBytes(maxDataBytes, 'abc') })
      expectSame('update', await store.update(id, updated), true)
      await expectStored(store, id, updated, 'after an update')
    }),

    check('ids that differ only in case, or in - and _, are different sessions', async ({ store, now }) => {
      const createdAt = now()
      const middle = newId().slice(2)
      const ids = ['a', 'A', '-', '_', '0', 'O'].flatMap((first) => [`${first}${middle}a`, `${first}${middle}A`])
      const recordOf = (id: string) => newRecord(createdAt, { data: id })
      for (const id of ids) expectSame('create', await store.create(id, recordOf(id)), true)
      for (const id of ids) await expectStored(store, id, recordOf(id))
    }),

    check('an id may be any 43 characters of its alphabet', async ({ store, now }) => {
      const record = newRecord(now())
      for (const id of ['-'.repeat(43), '_'.repeat(43), '0'.repeat(43), `--${'1'.repeat(41)}`, `${'e'.repeat(42)}-`]) {
        expectSame('create', await store.create(id, record), true)
        await expectStored(store, id, record)
        expectSame('delete', await store.delete(id), true)
      }
    }),

    check('an owner may be 255 characters long', async ({ store, now }) => {
      const id = newId()
      const record = newRecord(now(), { owner: newOwner().padEnd(255, 'x') })
      await store.create(id, record)
      await expectStored(store, id, record)
    }),

    check('times are kept to the millisecond, 400 days from now and long ago', async ({ store, now }) => {
      const base = Math.floor(now() / 1000) * 1000
      for (const milliseconds of [0, 1, 499, 500, 999]) {
        const id = newId()
        const record = newRecord(0, {
          createdAt: base - 400 * DAY + milliseconds,
          expiresAt: base + 400 * DAY + milliseconds,
        })
        await store.create(id, record)
        await expectStored(store, id, record)
        await store.touch(id, record.expiresAt - 1001, 1)
        await expectStored(store, id, { ...record, expiresAt: record.expiresAt - 1001 }, 'after a touch')
      }
    }),
  ],
}

/** A text of exactly that many bytes in UTF-8. */
function textOfBytes(bytes: number, pattern: string): string {
  const patternBytes = new TextEncoder().encode(pattern).length
  return pattern.repeat(Math.floor(bytes / patternBytes)) + 'x'.repeat(bytes % patternBytes)
}

/** A database that keeps UTF-8 can't keep half of a character: then an error is right, and another text is not. */
async function isRefused(write: () => unknown): Promise<boolean> {
  try {
    await write()
    return false
  } catch {
    return true
  }
}
