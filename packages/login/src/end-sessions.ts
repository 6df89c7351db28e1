import type { Account } from './account.js'
import { waitForOthers } from './limit.js'
import { deviceIdOf, isSameSignIn, type LoginNotes } from './notes.js'
import { canList, listSessions, MAX_LISTS, openSessions, supported, type UserSession } from './user-sessions.js'

/**
 * Ends the sessions of a user that these are, under whichever ids: one that gets a new id meanwhile is found again. How many
 * were ended. `isWhole`: none can be left, by a new id at each look.
 */
async function endEach<User>(
  account: Account<User>,
  owner: string,
  what: string,
  isMeant: (session: UserSession) => boolean,
): Promise<{ readonly count: number; readonly isWhole: boolean }> {
  let count = 0
  for (let list = 0; list < MAX_LISTS; list++) {
    const { opened, isWhole } = await openSessions(account, await listSessions(account, owner, what))
    const meant = opened.filter(isMeant)
    const isEnded = await Promise.all(meant.map(({ info }) => account.sessions.destroy(info.id)))
    count += isEnded.filter(Boolean).length
    if (isWhole && !isEnded.includes(false)) return { count, isWhole }
  }
  return { count, isWhole: false }
}

/** Ends the sessions of a user. How many, where that is known. */
export async function endSessions<User>(
  account: Account<User>,
  owner: string,
  what: string,
  except?: string,
): Promise<{ count?: number }> {
  const options = except === undefined ? {} : { except }
  const count = await supported(what, 'ends the sessions of an owner', () =>
    account.sessions.destroyByOwner(owner, options),
  )
  return count === undefined ? {} : { count }
}

/**
 * Ends all sessions of a user but the own one, `except`, after the credential has changed. `hash`: of the new one. Spares the
 * session of another browser that has just got the same: of two changes at the same moment, neither signs the other out.
 */
export async function endForCredential<User>(
  account: Account<User>,
  owner: string,
  except: string | undefined,
  hash: string | undefined,
): Promise<{ count?: number }> {
  if (hash !== undefined && canList(account)) {
    const isSpared = ({ info, notes }: UserSession): boolean =>
      info.id === except || (notes?.id === owner && notes.actor === undefined && notes.hash === hash)
    const { opened } = await openSessions(account, await listSessions(account, owner, 'credentialChanged'))
    if (opened.some((session) => session.info.id !== except && isSpared(session))) {
      const { count, isWhole } = await endEach(account, owner, 'credentialChanged', (one) => !isSpared(one))
      if (isWhole) return { count }
    }
  }
  return endSessions(account, owner, 'credentialChanged', except)
}

/** Whether a session is that of this sign-in, or of the user who acts as somebody else since. */
function isOfSignIn(session: UserSession, notes: LoginNotes): boolean {
  return isSameSignIn(session.notes, notes) || isSameSignIn(session.notes?.actor, notes)
}

/**
 * Ends all sessions of a user but the own one, `sessionId`. Spares the own sign-in also under another id: another tab may be
 * giving it a new one, or begin to act as another user.
 */
export async function endOthers<User>(
  account: Account<User>,
  notes: LoginNotes,
  sessionId: string,
): Promise<{ count?: number }> {
  if (!canList(account)) return endSessions(account, notes.id, 'signOutOthers', sessionId)
  const isOther = (session: UserSession): boolean => session.info.id !== sessionId && !isOfSignIn(session, notes)
  const { count, isWhole } = await endEach(account, notes.id, 'signOutOthers', isOther)
  if (isWhole) return { count: count + (await endTwins(account, notes, sessionId)) }
  // One may have got a new id at each look, to stay. The store ends all but the own id at once.
  const rest = await endSessions(account, notes.id, 'signOutOthers', sessionId)
  return { count: count + (rest.count ?? 0) }
}

/**
 * Ends what lives beside this session with the same sign-in: a request that gave its session a new id at the same moment as
 * this browser has made one of its own, and may be somebody else's. How many.
 */
async function endTwins<User>(account: Account<User>, notes: LoginNotes, sessionId: string): Promise<number> {
  const isTwin = (session: UserSession): boolean => session.info.id !== sessionId && isOfSignIn(session, notes)
  const infos = await listSessions(account, notes.id, 'signOutOthers')
  const { opened, isWhole } = await openSessions(account, infos)
  if (isWhole && !opened.some(isTwin)) return 0
  // It may be a new id of this session that is being stored, which is there beside the old one for a moment.
  await waitForOthers()
  if ((await account.sessions.peek(sessionId)) === undefined) return 0
  return (await endEach(account, notes.id, 'signOutOthers', isTwin)).count
}

/**
 * Ends the sessions of one device of this user's: by the id of the device, or of its session as it is now. Where the store
 * can't list them, by that of its session alone. Whether there were any.
 */
export async function endDevice<User>(account: Account<User>, { id: owner }: LoginNotes, id: string): Promise<boolean> {
  if (!canList(account)) return endById(account, owner, id)
  const isMeant = ({ info, notes }: UserSession): boolean =>
    info.id === id || (notes?.id === owner && notes.actor === undefined && deviceIdOf(notes) === id)
  return (await endEach(account, owner, 'signOutDevice', isMeant)).count > 0
}

async function endById<User>({ sessions }: Account<User>, owner: string, id: string): Promise<boolean> {
  let isOwn = false
  const edit = (): Promise<boolean> =>
    sessions.edit(id, (session) => {
      isOwn = session.owner === owner
      if (isOwn) session.destroy()
    })
  return (await supported('signOutDevice', 'keeps sessions on the server', edit)) && isOwn
}
