// Runs before the first paint, so that the other theme never flashes.
try {
  const theme = localStorage.getItem('gatehouse.theme')
  if (theme === 'dark' || theme === 'light') document.documentElement.dataset.theme = theme
} catch {
  // Storage may be blocked; the system's theme then applies.
}
