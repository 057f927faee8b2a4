// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IPinpoint} from "../src/IPinpoint.sol";
import {Descent, Game, GameState, GameStatus} from "../src/Types.sol";
import {Moves} from "./utils/Moves.sol";

/// @dev To the second: until when a side moves, and from when its opponent has won. Each test brings a game to another kind of turn.
contract ClocksTest is Moves {
    /// @dev The side whose turn it is has until its clock's last second for `move` or to concede, and no longer.
    function _checkBoundary(Game memory game, bytes memory move) private {
        GameState memory state = pinpoint.getGame(_gameId(game));
        bool submitters = state.turn == 0;
        uint256 clock = submitters ? state.submitterClock : state.challengerClock;
        (address mover, address opponent) =
            submitters ? (submitter, game.challenger) : (game.challenger, submitter);
        uint256 out = uint256(state.lastMove) + clock;

        vm.warp(out - 1);
        _refused(
            anyone,
            _timeoutCall(game),
            abi.encodeWithSelector(IPinpoint.ClockRunning.selector, clock - 1, clock)
        );
        _taken(mover, move);
        _taken(mover, _concedeCall(game));

        vm.warp(out);
        bytes memory ranOut = abi.encodeWithSelector(IPinpoint.ClockRanOut.selector, clock, clock);
        _refused(mover, move, ranOut);
        _refused(mover, _concedeCall(game), ranOut);
        // The opponent may still give up what it has won.
        _taken(opponent, _concedeCall(game));
        _timeout(game);
        assertTrue(_status(game) == (submitters ? GameStatus.ChallengerWon : GameStatus.SubmitterWon));
    }

    function _taken(address sender, bytes memory call) private {
        uint256 snapshot = vm.snapshotState();
        vm.prank(sender);
        _forward(call);
        vm.revertToState(snapshot);
    }

    /// @dev A false claim's game in front of the step whose descent is due.
    function _toDescent() private returns (Game memory) {
        _lie(7, 99);
        _claim();
        return _narrow(alice, _challenge(alice));
    }

    function testASubmittersFirstDissection() public {
        _claim();
        Game memory game = _challenge(alice);
        skip(5);
        _checkBoundary(game, _dissectCall(game));
    }

    function testAChallengersFirstSelection() public {
        _claim();
        Game memory game = _challenge(alice);
        skip(777);
        bytes32[] memory ends;
        (game, ends) = _dissect(game);
        skip(5);
        _checkBoundary(game, _selectCall(game, ends, 3));
    }

    function testASecondDissection() public {
        _claim();
        Game memory game = _challenge(alice);
        skip(777);
        game = _round(alice, game);
        _checkBoundary(game, _dissectCall(game));
    }

    function testADescent() public {
        Game memory game = _toDescent();
        Descent memory descent = _descent(game);
        (, bytes32[] memory ends) = _afterDescend(game, descent);
        _checkBoundary(game, _descendCall(game, descent, _inner(ends)));
    }

    function testAMachinesFirstSelection() public {
        (Game memory game, bytes32[] memory ends) = _descend(_toDescent());
        _checkBoundary(game, _selectCall(game, ends, 3));
    }

    function testAMachinesDissection() public {
        (Game memory game, bytes32[] memory ends) = _descend(_toDescent());
        game = _select(alice, game, ends, 3);
        _checkBoundary(game, _dissectCall(game));
    }

    function testAMachinesSecondSelection() public {
        (Game memory game, bytes32[] memory ends) = _descend(_toDescent());
        game = _select(alice, game, ends, 3);
        skip(99);
        (game, ends) = _dissect(game);
        _checkBoundary(game, _selectCall(game, ends, 3));
    }

    function testAProof() public {
        _lie(7, 99);
        _claim();
        Game memory game = _toInstruction(alice, _challenge(alice));
        _checkBoundary(game, _proveCall(game, _witness()));
    }
}
