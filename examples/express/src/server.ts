import { app } from './app.js'

const port = Number(process.env.PORT || 3000)

// For this machine alone, as long as it is an example.
app.listen(port, '127.0.0.1', (error) => {
  if (error) throw error
  console.log(`http://localhost:${port}`)
})

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(0))
