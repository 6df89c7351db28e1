import { endDevice, endOthers, endSessions } from './end-sessions.js'
import { deviceIdOf } from './notes.js'
import type { RequestContext } from './request-context.js'
import { siteDataHeaders } from './site-data.js'
import { canList } from './user-sessions.js'

/** `Auth.signOut` */
export async function signOut<User>(context: RequestContext<User>): Promise<Headers> {
  const notes = await context.notes()
  const sessionId = await context.sessionId()
  await context.destroy()
  if (notes !== undefined) {
    context.emit({ type: 'signed-out', from: 'here', ...(await context.about(notes, sessionId)) })
  }
  return siteDataHeaders(context.account.options.clearSiteData)
}

/** `Auth.signOutOthers` */
export async function signOutOthers<User>(context: RequestContext<User>): Promise<number | undefined> {
  const { notes } = await context.required('signOutOthers')
  // A new id of this request is to be spared, so it has to be there.
  await context.handle.save()
  const sessionId = await context.sessionId()
  const ended = await endOthers(context.account, notes, sessionId)
  context.emit({ type: 'signed-out', from: 'others', ...ended, ...(await context.about(notes, sessionId)) })
  return ended.count
}

/** `Auth.signOutEverywhere` */
export async function signOutEverywhere<User>(context: RequestContext<User>): Promise<Headers> {
  const { notes } = await context.required('signOutEverywhere')
  const sessionId = await context.sessionId()
  await context.destroy()
  const about = await context.about(notes, sessionId)
  const ended = await endSessions(context.account, notes.id, 'signOutEverywhere').catch((error) => {
    context.emit({ type: 'signed-out', from: 'here', ...about })
    throw error
  })
  context.emit({ type: 'signed-out', from: 'everywhere', ...ended, ...about })
  return siteDataHeaders(context.account.options.clearSiteData)
}

/** `Auth.signOutDevice` */
export async function signOutDevice<User>(context: RequestContext<User>, id: string): Promise<boolean> {
  const { notes } = await context.required('signOutDevice')
  const sessionId = await context.sessionId()
  const isOwnDevice = notes.actor === undefined && id === deviceIdOf(notes)
  if (id === sessionId || isOwnDevice) {
    await signOut(context)
    // The same sign-in may be there in a session beside this one.
    if (isOwnDevice && canList(context.account)) await endDevice(context.account, notes, id)
    return true
  }
  const isDone = await endDevice(context.account, notes, id)
  const about = await context.about(notes, sessionId)
  context.emit(isDone ? { type: 'device-signed-out', deviceId: id, ...about } : { type: 'device-refused', ...about })
  return isDone
}
