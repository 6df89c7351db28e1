import type { StoredInfo } from '../store/store.js'
import { examine, type SessionRules } from './stored-session.js'

/** One line of a list of sessions. Times are milliseconds since the epoch. */
export interface SessionInfo {
  /** The store's key: safe to log, useless as a cookie. */
  readonly id: string
  readonly owner: string | undefined
  /** The application's words for it. */
  readonly label: string | undefined
  readonly createdAt: number
  /** Right to a tenth of its idle timeout. */
  readonly lastUsedAt: number
  /** When it dies unless it is used before. */
  readonly expiresAt: number
}

/** The line of a session that lives, or nothing: a list may hold markers of superseded ids, and what a lowered limit has ended. */
export function sessionInfo(rules: SessionRules, info: StoredInfo): SessionInfo[] {
  const found = examine(rules, { ...info, data: '', version: 1 })
  if (found.is !== 'session') return []
  const { content, expiresAt, lastUse } = found.session
  const { id, createdAt } = info
  return [{ id, owner: content.owner, label: content.label, createdAt, lastUsedAt: lastUse, expiresAt }]
}
