import { compare, hashOf, idOf, timeOf } from './account.js'
import type { Current } from './current-user.js'
import { endForCredential } from './end-sessions.js'
import type { LoginNotes } from './notes.js'
import { isOver } from './notes-writer.js'
import type { RequestContext } from './request-context.js'
import { isUnsupported } from './user-sessions.js'

/** `Auth.credentialChanged` */
export async function changeCredential<User>(context: RequestContext<User>, user: User): Promise<void> {
  const id = idOf(context.account, user)
  const [hash, before] = await Promise.all([hashOf(context.account, id, user), context.notes()])
  const isCurrent = await goOnHere(context, id, hash, user)
  const sessionId = await context.sessionId()
  if (!isCurrent && before?.id === id) context.current.set(undefined)
  const isChange = before?.id === id && (await compare(context.account, before, user)) === 'wrong'
  const about = { userId: id, actorId: before?.actor?.id, sessionId, time: await timeOf(context.account) }
  try {
    const ended =
      isChange && (await isOutdone(context, before, hash))
        ? {}
        : await endTheOthers(context, id, isCurrent ? sessionId : undefined, isChange ? hash : undefined)
    context.emit({ type: 'credential-changed', ...ended, ...about })
  } catch (error) {
    // This session has the new hash all the same.
    context.emit({ type: 'credential-changed', ...about })
    context.emit({ type: 'ending-failed', by: 'credentialChanged', error, ...about })
    throw error
  }
}

/**
 * The session of this request goes on with the new hash, if it is this user's. Whether it does.
 * @throws SessionStoreError
 */
async function goOnHere<User>(context: RequestContext<User>, id: string, hash: string, user: User): Promise<boolean> {
  const known = await context.current.known()
  // The old credential is gone by now, so that nobody can check any more who has not before.
  const current = known === 'unasked' ? await unasked(context, user) : known
  if (current?.notes.id !== id) return false
  const notes = { ...current.notes, hash }
  try {
    await context.writer.goOn(current.notes, notes, false)
  } catch (error) {
    // A sign-out at the same moment wins, and the others end all the same.
    if (isOver(error)) return false
    throw error
  }
  context.current.set({ ...current, notes, user })
  return true
}

/** Who the session says is signed in, with nothing to compare the credential with. */
async function unasked<User>({ current }: RequestContext<User>, user: User): Promise<Current<User> | undefined> {
  const notes = await current.notes()
  return notes !== undefined && notes.actor === undefined ? { notes, user, actor: undefined } : undefined
}

/**
 * Whether the credential is neither the one of before nor the new one: another request has changed it since, and ends the
 * other sessions, this one too. Would this request end that one's, nobody were signed in.
 */
async function isOutdone<User>(context: RequestContext<User>, before: LoginNotes, hash: string): Promise<boolean> {
  try {
    const user = await context.account.options.loadUser(before.id, context.account.env)
    if (user === undefined || user === null) return false
    const isNeither = async (notes: LoginNotes): Promise<boolean> =>
      (await compare(context.account, notes, user)) === 'wrong'
    return (await isNeither(before)) && (await isNeither({ ...before, hash }))
  } catch {
    // Nobody knows, and the other sessions may be somebody else's.
    return false
  }
}

/**
 * Where the store can't end an owner's sessions, they end by themselves at their next use.
 * @throws SessionStoreError
 */
async function endTheOthers<User>(
  { account }: RequestContext<User>,
  id: string,
  except: string | undefined,
  hash: string | undefined,
): Promise<{ count?: number }> {
  try {
    return await endForCredential(account, id, except, hash)
  } catch (error) {
    if (isUnsupported(error)) return {}
    throw error
  }
}
