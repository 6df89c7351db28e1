import { page } from '@fetch-sessions/example-shared/page'

export function counterPage(count: number): string {
  return page({
    title: 'Counter',
    content: `
<style>
  main { text-align: center }
  output { display: block; font-size: 6rem; font-weight: 700; line-height: 1.2; font-variant-numeric: tabular-nums; overflow-wrap: anywhere }
  form { grid-template-columns: auto auto; justify-content: center }
</style>
<h1>Your count</h1>
<output>${count}</output>
<form method="post">
<button class="main" formaction="/inc">Count up</button>
<button formaction="/reset">Reset</button>
</form>
<p class="small">It is kept in your session. Open this page in a private window, and you are somebody else there.</p>`,
  })
}
