import Database from 'better-sqlite3'

/**
 * Whether better-sqlite3 works here. Its binding is compiled, which an installation must not depend on; where it has not
 * been built, says so, and the tests are then to be skipped. Under `CI=true` that is an error.
 */
export const hasBetterSqlite3: boolean = opens()

function opens(): boolean {
  try {
    new Database(':memory:').close()
    return true
  } catch (cause) {
    const problem = 'better-sqlite3 has no binding for this Node: build it with npx -y pnpm@12 build:better-sqlite3'
    if (process.env.CI === 'true') throw new Error(problem, { cause })
    console.warn(`Skipped: ${problem}`)
    return false
  }
}
