// The inspector's page: what is on every tab, and which tab is shown.
import { render } from 'preact';
import { useEffect, useState } from 'preact/hooks';

import './page.css';
import { useLive } from './api';
import { Header, Warnings } from './header';
import { tabs } from './tabs';

/** The parts of the address behind '#': "#/tasks/12" is ["tasks", "12"]. */
function useRoute(): string[] {
  const read = () => location.hash.replace(/^#\/?/, '').split('/').map(decodeURIComponent);
  const [route, setRoute] = useState(read);
  useEffect(() => {
    const changed = () => setRoute(read());
    addEventListener('hashchange', changed);
    return () => removeEventListener('hashchange', changed);
  }, []);
  return route;
}

function Page() {
  const stream = useLive();
  const route = useRoute();
  const tab = tabs.find((t) => t.path === route[0]) ?? tabs[0];
  const View = tab.view;
  return (
    <>
      <Header stream={stream} shown={tab} />
      <Warnings live={stream.now} />
      <main id="main">
        <View stream={stream} rest={route.slice(1)} key={tab.path} />
      </main>
      <footer>Only this machine can see this page, and only with its token.</footer>
    </>
  );
}

// The token came with the address and is kept in a cookie now: nobody shall read it over a
// shoulder, or find it in the history.
if (location.search) history.replaceState(null, '', `/${location.hash}`);
render(<Page />, document.getElementById('page')!);
