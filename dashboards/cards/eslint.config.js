import js from "@eslint/js";
import { configs as lit } from "eslint-plugin-lit";
import a11y from "eslint-plugin-lit-a11y";
import { configs as wc } from "eslint-plugin-wc";
import ts from "typescript-eslint";

export default ts.config(
  { files: ["src/**/*.ts"] },
  js.configs.recommended,
  ts.configs.strictTypeChecked,
  lit["flat/recommended"],
  wc["flat/recommended"],
  {
    files: ["src/**/*.ts"],
    plugins: { "lit-a11y": a11y },
    languageOptions: {
      parserOptions: {
        projectService: true,
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      ...a11y.configs.recommended.rules,
      "no-console": "error",
      "@typescript-eslint/no-unused-vars": [
        "error",
        { argsIgnorePattern: "^_" },
      ],
      // HTML comes only from our own templates: what devices say is text.
      "no-restricted-properties": [
        "error",
        { property: "innerHTML" },
        { property: "outerHTML" },
        { property: "insertAdjacentHTML" },
      ],
      "no-restricted-imports": [
        "error",
        { patterns: ["*/directives/unsafe-*"] },
      ],
      "@typescript-eslint/restrict-template-expressions": [
        "error",
        { allowNumber: true },
      ],
    },
  },
  {
    files: ["*.js", "*.mjs"],
    ...ts.configs.disableTypeChecked,
    languageOptions: {
      ...ts.configs.disableTypeChecked.languageOptions,
      globals: { URL: true, console: true, process: true },
    },
  },
  { ignores: ["node_modules"] },
);
