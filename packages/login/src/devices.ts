import type { Device } from './auth.js'
import { deviceIdOf, isSameSignIn } from './notes.js'
import type { RequestContext } from './request-context.js'
import { bySignIn, isOwnSignIn, listSessions, openSessions } from './user-sessions.js'

/** `Auth.devices` */
export async function devicesOf<User>(context: RequestContext<User>): Promise<Device[]> {
  const { notes, user } = await context.required('devices')
  const infos = await listSessions(context.account, notes.id, 'devices')
  const { opened } = await openSessions(context.account, infos)
  const isOwn = await Promise.all(opened.map((session) => isOwnSignIn(context.account, session, notes.id, user)))
  const devices = new Map<string, Device>()
  for (const { info, notes: its } of opened.filter((_, index) => isOwn[index]).sort(bySignIn)) {
    if (its === undefined) continue
    const { label, createdAt, lastUsedAt } = info
    const id = deviceIdOf(its)
    // One that is just getting a new id is there twice.
    devices.set(id, { id, label, createdAt, lastUsedAt, isCurrent: isSameSignIn(its, notes) })
  }
  return [...devices.values()]
}
