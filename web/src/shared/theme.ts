import { createSystem, defaultBaseConfig, defineConfig } from "@chakra-ui/react";
import {
  breakpoints,
  buttonRecipe,
  fieldSlotRecipe,
  globalCss,
  headingRecipe,
  inputRecipe,
  keyframes,
  layerStyles,
  semanticTokens,
  spinnerRecipe,
  textareaRecipe,
  textStyles,
  tokens,
} from "@chakra-ui/react/theme";

const { colors } = semanticTokens;

/** Chakra's own theme, with the recipes of the components that are used and no others: they are all in the first load. */
const config = defineConfig({
  preflight: true,
  cssVarsPrefix: "chat",
  cssVarsRoot: ":where(html)",
  // public/theme.js sets the attribute before the first paint, and the color-scheme with it.
  conditions: {
    light: "[data-theme=light] &",
    dark: "[data-theme=dark] &",
  },
  globalCss: {
    ...globalCss,
    html: { ...globalCss.html, colorPalette: "teal", textSizeAdjust: "100%" },
    "html, body, #root": { height: "var(--visible-height, 100dvh)", overflow: "hidden" }, // see viewport.ts
    // A phone's notch and its bar at the bottom lie over the page.
    "#root": {
      paddingBlock: "env(safe-area-inset-top) env(safe-area-inset-bottom)",
      paddingInline: "env(safe-area-inset-left) env(safe-area-inset-right)",
    },
    // No duration at all: the shortest one would make a transition of everything, and each change come a frame late.
    "*, *::before, *::after": {
      _motionReduce: { animationDuration: "0.01ms!", transitionDuration: "0s!" },
    },
  },
  theme: {
    breakpoints,
    keyframes,
    tokens,
    // White on Chakra's own solid teal, and its own red and orange on white, are too faint to read.
    semanticTokens: {
      ...semanticTokens,
      colors: {
        ...colors,
        teal: { ...colors.teal, solid: { value: "{colors.teal.700}" } },
        fg: {
          ...colors.fg,
          error: { value: { _light: "{colors.red.600}", _dark: "{colors.red.400}" } },
          warning: { value: { _light: "{colors.orange.700}", _dark: "{colors.orange.300}" } },
        },
      },
    },
    textStyles,
    layerStyles,
    recipes: {
      button: buttonRecipe,
      heading: headingRecipe,
      input: inputRecipe,
      spinner: spinnerRecipe,
      textarea: textareaRecipe,
    },
    slotRecipes: { field: fieldSlotRecipe },
  },
});

export const system = createSystem(defaultBaseConfig, config);
