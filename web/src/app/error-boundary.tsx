import { Button, Center, Heading, Text } from "@chakra-ui/react";
import { Component, type ReactNode } from "react";
import { texts } from "@/shared/texts";

type State = { readonly broken: boolean };

/** Shows a way out in place of a blank page. */
export class ErrorBoundary extends Component<{ readonly children: ReactNode }, State> {
  override state: State = { broken: false };

  static getDerivedStateFromError(): State {
    return { broken: true };
  }

  override render(): ReactNode {
    if (!this.state.broken) return this.props.children;
    return (
      <Center as="main" h="full" flexDirection="column" gap="3" p="6" textAlign="center" role="alert">
        <Heading as="h1" size="lg">
          {texts.crash.title}
        </Heading>
        <Text color="fg.muted">{texts.crash.lead}</Text>
        <Button onClick={() => location.reload()}>{texts.crash.reload}</Button>
      </Center>
    );
  }
}
