// How the page is built: one file, which needs no other, and the policy that allows it to run.
import { createHash } from 'node:crypto';
import { defineConfig, type Plugin } from 'vite';

// The script and the style move into the page. Beside it is written what a browser may let it do:
// to run those two, known by their hashes, and to talk to whoever served it.
function onePage(): Plugin {
  return {
    name: 'one-page',
    enforce: 'post',
    // After what asks which packages the script is made of.
    generateBundle: {
      order: 'post',
      handler(_, bundle) {
        const page = bundle['index.html'];
        if (page?.type !== 'asset') throw new Error('there is no index.html to build');
        const sources = { script: '', style: '' };
        for (const [name, file] of Object.entries(bundle)) {
          if (file.type === 'chunk') sources.script += file.code.trim();
          else if (name.endsWith('.css')) sources.style += String(file.source).trim();
          else continue;
          delete bundle[name];
        }
        // Inside a script, the page's end tags and comments would be taken for its own.
        sources.script = sources.script.replaceAll('</script', '<\\/script').replaceAll('<!--', '<\\!--');
        let html = String(page.source)
          .replace(/<script type="module".*?<\/script>/, () => `<script type="module">${sources.script}</script>`)
          .replace(/<link rel="stylesheet".*?>/, () => `<style>${sources.style}</style>`);
        html = html.replace(/>\n\s+</g, '>\n<');
        page.source = html;
        const policy = [
          "default-src 'none'",
          `script-src '${hash(sources.script)}'`,
          `style-src '${hash(sources.style)}'`,
          "connect-src 'self'",
          'img-src data:',
          "base-uri 'none'",
          "form-action 'none'",
          "frame-ancestors 'none'",
        ];
        this.emitFile({ type: 'asset', fileName: 'policy.txt', source: policy.join('; ') });
      },
    },
  };
}

function hash(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

export default defineConfig({
  plugins: [onePage()],
  build: {
    modulePreload: false,
    reportCompressedSize: false,
    license: { fileName: 'licences.md' },
  },
});
