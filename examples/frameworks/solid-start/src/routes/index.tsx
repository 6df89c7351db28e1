import { createAsync, type RouteDefinition } from '@solidjs/router'
import { count, fail, seen, signIn, signOut } from '../functions'

// With JavaScript, Start sends this with its answer to an action.
export const route = { preload: () => seen() } satisfies RouteDefinition

export default function Home() {
  const text = createAsync(() => seen())
  return (
    <main>
      <p>{text()}</p>
      <form method="post" action={count}>
        <button type="submit">count</button>
      </form>
      <form method="post" action={signIn}>
        <button type="submit">sign-in</button>
      </form>
      <form method="post" action={signOut}>
        <button type="submit">sign-out</button>
      </form>
      <form method="post" action={fail}>
        <button type="submit">fail</button>
      </form>
    </main>
  )
}
