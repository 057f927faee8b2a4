// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {MOST_MOVES} from "../../src/Limits.sol";
import {ClaimState, ClaimStatus, GameState, GameStatus} from "../../src/Types.sol";
import {Pinpoint} from "../../src/Pinpoint.sol";
import {Test} from "../utils/Test.sol";
import {Handler} from "./Handler.sol";

/// @dev What holds after every sequence of calls, whoever makes them (Handler.sol).
contract GameInvariantsTest is Test {
    Handler private handler;
    Pinpoint private pinpoint;

    function setUp() public {
        handler = new Handler();
        pinpoint = handler.pinpoint();
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    function targetSelectors() public view returns (FuzzSelector[] memory targets) {
        targets = new FuzzSelector[](1);
        targets[0].addr = address(handler);
        // Moves and time come often.
        bytes4[14] memory selectors = [
            Handler.claim.selector,
            Handler.challenge.selector,
            Handler.challenge.selector,
            Handler.move.selector,
            Handler.move.selector,
            Handler.move.selector,
            Handler.move.selector,
            Handler.concede.selector,
            Handler.timeout.selector,
            Handler.pass.selector,
            Handler.finalize.selector,
            Handler.settle.selector,
            Handler.withdraw.selector,
            Handler.repeatAnswer.selector
        ];
        targets[0].selectors = new bytes4[](selectors.length);
        for (uint256 i = 0; i < selectors.length; i++) {
            targets[0].selectors[i] = selectors[i];
        }
    }

    /// @dev Chance leads everywhere: each thing that a handler can do has been done, more than once.
    function testChanceReachesEverything() public {
        uint256 seed = 1;
        bytes4[] memory selectors = targetSelectors()[0].selectors;
        string[11] memory names = [
            "claims",
            "challenges",
            "dissections",
            "selections",
            "descents",
            "proofs",
            "timeouts",
            "conceded",
            "repeated",
            "settled",
            "finalized"
        ];
        uint256[11] memory sums;
        for (uint256 run = 0; run < 40; run++) {
            setUp();
            for (uint256 i = 0; i < 200; i++) {
                seed = uint256(keccak256(abi.encode(seed)));
                bytes4 selector = selectors[seed % selectors.length];
                uint256 second = uint256(keccak256(abi.encode(seed, i)));
                if (selector == Handler.concede.selector) second %= 2;
                (bool done,) =
                    address(handler).call(abi.encodePacked(selector, keccak256(abi.encode(seed)), second));
                assertTrue(done);
            }
            invariant_game();
            afterInvariant();
            for (uint256 i = 0; i < names.length; i++) {
                sums[i] += handler.counts(names[i]);
            }
        }
        for (uint256 i = 0; i < names.length; i++) {
            emit log_named_uint(names[i], sums[i]);
            assertTrue(sums[i] > 5, names[i]);
        }
    }

    /// @dev All of them in one, so that each state is made once.
    function invariant_game() public view {
        uint256 locked = _claims() + _games();
        uint256 owed;
        for (uint256 i = 0; i < handler.accountCount(); i++) {
            owed += pinpoint.withdrawable(handler.accounts(i));
        }
        assertEq(address(pinpoint).balance, owed + locked + pinpoint.burned(), "money");
    }

    /// @dev Bonds in claims that are open. The honest submitter's never fall; a false one is never final.
    function _claims() private view returns (uint256 locked) {
        uint256 count = handler.claimCount();
        for (uint256 c = 0; c < count; c++) {
            Handler.Claimed memory claimed = handler.claimAt(c);
            ClaimState memory state = pinpoint.getClaim(handler.claimId(c));
            if (claimed.isTrue) {
                assertTrue(state.status != ClaimStatus.Fallen, "a true claim fell");
            } else {
                assertTrue(state.status != ClaimStatus.Finalized, "a false claim is final");
            }
            if (state.status == ClaimStatus.Open) {
                locked += handler.CLAIM_BOND();
                assertEq(state.windowEnds, claimed.made + handler.WINDOW(), "the window moved");
            }
        }
    }

    /// @dev Bonds in games that are open, and what is set aside for those that are moot. Every open game has a next move for
    /// somebody: the mover's, or `timeout`.
    function _games() private view returns (uint256 locked) {
        uint256 count = handler.gameCount();
        for (uint256 i = 0; i < count; i++) {
            Handler.Played memory played = handler.gameAt(i);
            GameState memory state = pinpoint.getGame(handler.gameId(i));
            assertTrue(state.status != GameStatus.None, "a game was forgotten");
            if (state.status != GameStatus.Open) {
                assertTrue(played.over, "a game ended unseen");
                continue;
            }
            locked += handler.CHALLENGE_BOND();
            ClaimStatus claim = pinpoint.getClaim(played.game.claimId).status;
            assertTrue(
                claim == ClaimStatus.Open || claim == ClaimStatus.Fallen, "a claim is final under a game"
            );
            if (claim == ClaimStatus.Fallen) {
                if (state.repaid) locked += MOST_MOVES * handler.REPAYMENT();
                continue;
            }
            assertEq(state.turn, played.game.turn, "the turn");
            // A side has its clock, an increment for each move, and what it gets once for the machine.
            uint256 most = handler.CLOCK() + handler.INCREMENT() * MOST_MOVES + handler.DESCENT_INCREMENT();
            assertLe(state.submitterClock, most);
            assertLe(state.challengerClock, most);
            assertLe(uint256(state.lastMove) - played.opened, 2 * most);
        }
    }

    /// @dev Whatever has happened: the honest go on, all else stands still, and everything comes to its end. Nothing is left in the
    /// contract but what is burned, the honest submitter has lost nothing, and the checker's moves are paid.
    function afterInvariant() public {
        uint256 count = handler.claimCount();
        handler.finish();
        for (uint256 c = 0; c < count; c++) {
            ClaimStatus status = pinpoint.getClaim(handler.claimId(c)).status;
            bool isTrue = handler.claimAt(c).isTrue;
            assertTrue(status == (isTrue ? ClaimStatus.Finalized : ClaimStatus.Fallen), "undecided, or wrong");
        }
        assertEq(address(pinpoint).balance, pinpoint.burned(), "something is left");
        assertGe(handler.honest().balance, 10_000 ether);
        assertGe(handler.checker().balance, 10_000 ether + handler.checkerDue());
    }
}
