/** Runs one statement of SQL, with values for its question marks, and gives the rows that it answers with. */
export type Query = (sql: string, ...values: string[]) => Promise<Record<string, unknown>[]>

export interface User {
  readonly id: string
  readonly name: string
  readonly passwordHash: string
  /** The first who signs up is the admin. */
  readonly isAdmin: boolean
  /** Milliseconds since the epoch. */
  readonly joinedAt: number
}

/** The table of users, in any SQLite. */
export class Users {
  readonly #query: Query

  constructor(query: Query) {
    this.#query = query
  }

  /** Makes the table if there is none. */
  async migrate(): Promise<void> {
    await this.#query(
      `CREATE TABLE IF NOT EXISTS users (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL UNIQUE COLLATE NOCASE,
        password_hash TEXT NOT NULL,
        is_admin INTEGER NOT NULL,
        joined_at INTEGER NOT NULL DEFAULT (unixepoch())
      )`,
    )
  }

  async byId(id: string): Promise<User | undefined> {
    const [row] = await this.#query('SELECT * FROM users WHERE id = ?', id)
    return row && toUser(row)
  }

  async byName(name: string): Promise<User | undefined> {
    const [row] = await this.#query('SELECT * FROM users WHERE name = ?', name)
    return row && toUser(row)
  }

  /** In the order in which they came. */
  async all(): Promise<User[]> {
    return (await this.#query('SELECT * FROM users ORDER BY joined_at, rowid LIMIT 100')).map(toUser)
  }

  /** `undefined` if the name is taken. */
  async create(name: string, passwordHash: string): Promise<User | undefined> {
    const [row] = await this.#query(
      `INSERT INTO users (id, name, password_hash, is_admin) VALUES (?, ?, ?, NOT EXISTS (SELECT 1 FROM users))
       ON CONFLICT DO NOTHING RETURNING *`,
      crypto.randomUUID(),
      name,
      passwordHash,
    )
    return row && toUser(row)
  }

  /** `undefined` if somebody else has changed the password, or removed the user, in the meantime. */
  async changePassword({ id, passwordHash }: User, newHash: string): Promise<User | undefined> {
    const [row] = await this.#query(
      'UPDATE users SET password_hash = ? WHERE id = ? AND password_hash = ? RETURNING *',
      newHash,
      id,
      passwordHash,
    )
    return row && toUser(row)
  }
}

function toUser({ id, name, password_hash, is_admin, joined_at }: Record<string, unknown>): User {
  return {
    id: String(id),
    name: String(name),
    passwordHash: String(password_hash),
    isAdmin: Number(is_admin) === 1,
    joinedAt: Number(joined_at) * 1000,
  }
}
