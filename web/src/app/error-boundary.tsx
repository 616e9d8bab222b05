import { Component, type ReactNode } from "react";

type Props = { readonly children: ReactNode; readonly fallback: ReactNode };
type State = { readonly broken: boolean };

/** Shows something else in place of what broke, and leaves the rest of the page alone. */
export class ErrorBoundary extends Component<Props, State> {
  override state: State = { broken: false };

  static getDerivedStateFromError(): State {
    return { broken: true };
  }

  override render(): ReactNode {
    return this.state.broken ? this.props.fallback : this.props.children;
  }
}
