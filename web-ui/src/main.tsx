import { render } from 'preact'
import { App } from './components/app.tsx'
import { AppStore } from './state/app-store.ts'
import { StoreContext } from './state/store-context.ts'

const store = new AppStore()
const root = document.getElementById('app')
if (root) {
  render(
    <StoreContext.Provider value={store}>
      <App />
    </StoreContext.Provider>,
    root,
  )
  store.start()
}
