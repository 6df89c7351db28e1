import { css, Style } from 'hono/css'
import type { Child } from 'hono/jsx'

const body = css`
  font: 1.1rem/1.5 system-ui, sans-serif;
  color: #1d2733;
  background: #f3f5f8;
  min-height: 100vh;
  margin: 0;
  display: grid;
  place-items: center;
`

const card = css`
  background: white;
  border-radius: 1rem;
  box-shadow: 0 0.5rem 2rem #1d273318;
  padding: 2.5rem 3rem;
  text-align: center;
`

const number = css`
  font-size: 5rem;
  font-weight: 650;
  line-height: 1;
  margin: 1.5rem 0 2rem;
  font-variant-numeric: tabular-nums;
`

const buttons = css`
  display: flex;
  gap: 0.75rem;
  justify-content: center;
  & button {
    font: inherit;
    padding: 0.5rem 1.25rem;
    border: 1px solid #c6ced8;
    border-radius: 0.5rem;
    background: white;
    cursor: pointer;
  }
  & button:hover {
    background: #f3f5f8;
  }
  & .primary button {
    background: #1f5eff;
    border-color: #1f5eff;
    color: white;
  }
  & .primary button:hover {
    background: #174ad1;
  }
`

const Button = ({ action, kind, children }: { action: string; kind?: string; children: Child }) => (
  <form method="post" action={action} class={kind}>
    <button type="submit">{children}</button>
  </form>
)

/** The counter as a page. */
export const CounterPage = ({ count }: { count: number }) => (
  <html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <title>{`Counter: ${count}`}</title>
      <Style />
    </head>
    <body class={body}>
      <main class={card}>
        <h1 style="font-size: 1.25rem; margin: 0">Your own counter</h1>
        <p class={number}>{count}</p>
        <div class={buttons}>
          <Button action="/inc" kind="primary">
            Count up
          </Button>
          <Button action="/reset">Reset</Button>
        </div>
      </main>
    </body>
  </html>
)
