// Main: puts the page in its place.
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';

import { Page } from './page';
import './style.css';

const root = document.getElementById('root');
if (root === null) throw new Error('the page has no element to stand in');
createRoot(root).render(
  <StrictMode>
    <Page />
  </StrictMode>,
);
