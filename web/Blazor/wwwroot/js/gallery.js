// What the gallery needs of the browser beyond what Blazor offers.
(() => {
  const year = 31536000;
  const writeCookie = (name, value) => {
    document.cookie = `${name}=${value}; path=/; max-age=${year}; samesite=lax`;
  };

  const prefersDark = matchMedia('(prefers-color-scheme: dark)');
  const noteSystemTheme = () => writeCookie('theme-system', prefersDark.matches ? 'dark' : 'light');
  noteSystemTheme();
  prefersDark.addEventListener('change', noteSystemTheme);

  // Images that are held here stay decoded, so that a slider can run through them without a flicker.
  let held = [];

  // Arrow keys move inside these groups and must not scroll the page as well.
  document.addEventListener('keydown', event => {
    if (event.target.closest?.('[data-arrow-keys]') && /^(Arrow|Home$|End$)/.test(event.key)) {
      event.preventDefault();
    }
  });

  const reconnecting = document.getElementById('components-reconnect-modal');
  const reconnect = async () => {
    try {
      if (await Blazor.reconnect()) {
        return;
      }
    } catch {
      return;
    }
    location.reload();
  };
  reconnecting?.addEventListener('components-reconnect-state-changed', event => {
    if (event.detail.state === 'rejected') {
      location.reload();
    }
  });
  reconnecting?.querySelector('[data-reconnect]')?.addEventListener('click', reconnect);
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible' && reconnecting?.classList.contains('components-reconnect-failed')) {
      reconnect();
    }
  });

  window.gallery = {
    chooseTheme: theme => writeCookie('theme', theme),

    prefetch: async urls => {
      const mine = held = [];
      const waiting = [...urls];
      const fetchNext = async () => {
        while (mine === held && waiting.length > 0) {
          const image = new Image();
          image.src = waiting.shift();
          mine.push(image);
          await image.decode().catch(() => { });
        }
      };
      await Promise.all(Array.from({ length: 4 }, fetchNext));
    },

    copy: text => navigator.clipboard?.writeText(text).then(() => true, () => false) ?? false,

    showFirstViolation: () => {
      const invalid = document.querySelector('form [aria-invalid="true"]');
      invalid?.focus({ preventScroll: true });
      invalid?.scrollIntoView({ block: 'center' });
    },

    // On a narrow screen the images lie below the form that asked for them.
    showStage: id => matchMedia('(max-width: 899px)').matches && document.getElementById(id)?.scrollIntoView({
      behavior: matchMedia('(prefers-reduced-motion: reduce)').matches ? 'auto' : 'smooth',
      block: 'start',
    }),
  };
})();
