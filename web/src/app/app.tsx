import { Center, Spinner, Text } from "@chakra-ui/react";
import type { ApiClient } from "@/client/api";
import { SignInForm } from "@/features/sign-in/sign-in-form";
import { texts } from "@/shared/texts";
import { ChatScreen } from "./chat-screen";
import { useAccount } from "./use-account";
import { ownerOf } from "./use-channel";

/** The page: a form for who is not known, else the channel of who is. */
export function App({ api }: { readonly api: ApiClient }) {
  const accountHandle = useAccount(api);
  const { account, remembered, signedIn } = accountHandle;
  switch (account.kind) {
    case "signed-out":
      return (
        <SignInForm
          api={api}
          initial={remembered}
          notice={account.why && texts.signIn[account.why]}
          onToken={signedIn}
        />
      );
    case "checking":
      return <Checking failed={account.failed} />;
    case "signed-in": {
      const { token, claims } = account;
      return <ChatScreen key={ownerOf(claims)} api={api} token={token} claims={claims} accountHandle={accountHandle} />;
    }
  }
}

function Checking({ failed }: { readonly failed: boolean }) {
  return (
    <Center h="full" flexDirection="column" gap="3" color="fg.muted" role="status">
      <Spinner aria-hidden />
      <Text>{failed ? texts.account.unreachable : texts.account.checking}</Text>
    </Center>
  );
}
